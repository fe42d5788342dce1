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


def sentence(topic, chance):
    parts = TOPICS[topic].split("|")
    return f"{chance.choice(parts)} and {chance.choice(parts)}, note {chance.randrange(10_000)}"


def known(count, labelled, chance):
    for index in range(count):
        topic = list(TOPICS)[index % len(TOPICS)]
        yield {"text": sentence(topic, chance), "label": topic} if labelled else {"text": sentence(topic, chance)}


def foreign(count, chance):
    for _ in range(count):
        form = chance.choice(FOREIGN.split("|"))
        yield {"text": form % (chance.randrange(1 << 16), chance.randrange(100))}


def save(file, rows):
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))


def write(folder, seed=7, labels=10, pool=600, test=120):
    """Writes what a self-training run reads."""
    chance = random.Random(seed)
    foreigners = list(foreign(pool // 12, chance))
    unlabelled = list(known(pool, False, chance)) + foreigners
    chance.shuffle(unlabelled)
    save(folder / "labelled.jsonl", known(labels * len(TOPICS), True, chance))
    save(folder / "unlabelled.jsonl", unlabelled)
    save(folder / "test.jsonl", known(test, True, chance))


def write_drift(folder, seed=8, count=600):
    """Writes texts as usual, and as many of which most are of other kinds."""
    chance = random.Random(seed)
    save(folder / "usual.jsonl", known(count, False, chance))
    save(folder / "drifted.jsonl", [*known(count // 10, False, chance), *foreign(count - count // 10, chance)])
