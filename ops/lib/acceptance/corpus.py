"""A small corpus of made-up sentences in four classes, with some foreign ones in the pool."""

import json
import random

TOPICS = {
    "cooking": "simmer the onions in butter|whisk two eggs with sugar|bake the bread until golden|season the soup with thyme|"
               "knead the dough for ten minutes|roast the carrots with honey|slice the garlic thinly|let the sauce thicken",
    "astronomy": "the telescope resolved a distant galaxy|the comet passes the sun in march|a nebula glows in red light|"
                 "the rover drills into the crater|two neutron stars merged|the orbit of the moon decays|a transit dims the star",
    "football": "the striker scored in extra time|the keeper saved the penalty|the coach changed the formation|a late corner won "
                "the match|the defender was sent off|the midfield pressed high|fans filled the stadium before the derby",
    "gardening": "prune the roses before spring|the seedlings need more light|mulch keeps the soil moist|aphids cover the beans|"
                 "divide the irises in august|compost feeds the tomatoes|water the lawn at dawn|the hedge needs trimming",
}
FOREIGN = "error code 0x%x at address %d|invoice %d is due on day %d|SELECT * FROM t%d WHERE id = %d"


def write(folder, seed=7, labels=10, pool=600, test=120):
    chance = random.Random(seed)

    def sentence(topic):
        parts = TOPICS[topic].split("|")
        return f"{chance.choice(parts)} and {chance.choice(parts)}, note {chance.randrange(10_000)}"

    def rows(count, labelled):
        for index in range(count):
            topic = list(TOPICS)[index % len(TOPICS)]
            yield {"text": sentence(topic), "label": topic} if labelled else {"text": sentence(topic)}

    def save(name, lines):
        (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))

    foreign = [{"text": chance.choice(FOREIGN.split("|")) % (chance.randrange(1 << 16), chance.randrange(100))}
               for _ in range(pool // 12)]
    unlabelled = list(rows(pool, False)) + foreign
    chance.shuffle(unlabelled)
    save("labelled.jsonl", rows(labels * len(TOPICS), True))
    save("unlabelled.jsonl", unlabelled)
    save("test.jsonl", rows(test, True))
