/// One request of the benchmark.
struct BenchmarkPrompt {
  /// What kind of work it is.
  enum Kind: String {
    /// The answer repeats most of the request.
    case copy
    /// The answer draws on the request.
    case summary
    /// The answer is new.
    case chat, mathematics, code
  }

  let name: String
  let kind: Kind
  let text: String

  static let all: [BenchmarkPrompt] = [
    BenchmarkPrompt(
      name: "repeat-notice", kind: .copy,
      text: """
        Repeat the following text exactly, word for word, and add nothing:

        The municipal library on Harbour Street will be closed from Monday the third of March \
        until Friday the seventh of March while the heating system in the reading room is \
        replaced. Books that are due in that week may be returned until the following Tuesday \
        without a fee. The return box at the side entrance stays open day and night. \
        Reservations can be collected at the branch on Mill Road, which opens from ten in the \
        morning until six in the evening. The children's reading hour on Wednesday takes place \
        in the town hall instead.
        """),
    BenchmarkPrompt(
      name: "repeat-code", kind: .copy,
      text: """
        Write out this Python function again without any change:

        def merge_intervals(intervals):
            if not intervals:
                return []
            intervals = sorted(intervals, key=lambda interval: interval[0])
            merged = [list(intervals[0])]
            for start, end in intervals[1:]:
                last = merged[-1]
                if start <= last[1]:
                    last[1] = max(last[1], end)
                else:
                    merged.append([start, end])
            return [tuple(interval) for interval in merged]
        """),
    BenchmarkPrompt(
      name: "rename-variable", kind: .copy,
      text: """
        Rename the variable total to amount in this Python code and show the whole code:

        def invoice(lines, rate):
            total = 0
            for line in lines:
                if line.quantity < 0:
                    raise ValueError("negative quantity")
                total = total + line.quantity * line.price
            tax = total * rate
            print("total before tax:", total)
            print("tax:", tax)
            total = total + tax
            return total
        """),
    BenchmarkPrompt(
      name: "correct-spelling", kind: .copy,
      text: """
        Correct the spelling of this text and change nothing else:

        Yesterday evning we walked along the river untill we reached the old brige. The watter \
        was very hight because of the rain in the mountains. A man in a smal boat was trying to \
        reach the other side, but the curent was to strong for him. We called for help, and \
        after a few minits two firemen came with a long rope. They pulled the boat to the shore, \
        and everbody was very releived. On the way home we drank hot choclate in the cafe near \
        the station.
        """),
    BenchmarkPrompt(
      name: "summary-ferry", kind: .summary,
      text: """
        Summarise this report in three sentences:

        The ferry between the island of Norre and the mainland was out of service for eleven \
        hours on Thursday after its bow door failed to close. About three hundred passengers had \
        to wait in the terminal, where the operator handed out blankets and food. Engineers \
        found that a hydraulic hose had burst because of the cold. A replacement was flown in \
        from the yard that built the ship. The first crossing left at nine in the evening. The \
        operator said that passengers will get their fares back, and that all hoses of the ship \
        will be checked before the winter. The mayor of Norre asked for a second ship, which has \
        been promised since 2019.
        """),
    BenchmarkPrompt(
      name: "summary-bees", kind: .summary,
      text: """
        What are the main points of this text?

        Honey bees tell each other where food is by dancing. A bee that has found flowers \
        returns to the hive and walks in a figure of eight on the comb. The angle of the middle \
        part of the dance shows the direction of the flowers from the sun, and its length shows \
        the distance. Other bees follow the dancer and touch her with their antennae. The longer \
        a bee dances, the better the food that she has found. In the dark hive the bees cannot \
        see the dance, so they feel it. Young bees dance badly at first and improve by following \
        older ones.
        """),
    BenchmarkPrompt(
      name: "chat-bread", kind: .chat,
      text: "Why does bread dough rise, and what happens if I leave it too long?"),
    BenchmarkPrompt(
      name: "chat-letter", kind: .chat,
      text: "Write a short letter to my neighbour to thank her for looking after my cat."),
    BenchmarkPrompt(
      name: "sum-apples", kind: .mathematics,
      text: """
        Anna buys 4 bags with 12 apples each. She gives 9 apples to Tom and eats 3 herself. How \
        many apples are left? Explain each step.
        """),
    BenchmarkPrompt(
      name: "sum-train", kind: .mathematics,
      text: """
        A train leaves at 8:15 and arrives at 10:45. It travels 180 kilometres. What is its \
        average speed? Explain each step.
        """),
    BenchmarkPrompt(
      name: "code-prime", kind: .code,
      text: "Write a Python function that tells whether a number is prime, with a comment."),
    BenchmarkPrompt(
      name: "code-csv", kind: .code,
      text: "Write a Python program that reads a CSV file and prints the mean of each column."),
  ]
}
