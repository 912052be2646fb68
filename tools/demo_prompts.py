"""The prompts behind the demo's machine paragraphs: eight styles over topics, years and tones.

A prompt is one style filled with one topic, year, tone and opening sentence, all drawn from a
seeded generator. Most chat prompts also put a first sentence into the model's mouth, which keeps
it speaking as the President; that sentence is not part of the paragraph that is kept. Every
sentence here was written for this file; none is taken from an address.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["STYLES", "Prompt", "draw"]


class Prompt(NamedTuple):
    """What the model is shown: chat messages, or with `system` None a plain text to continue.

    `lead` is the start of the model's own turn, empty where it starts by itself.
    """

    id: str
    system: str | None
    text: str
    lead: str


TOPICS = (
    ("jobs", "jobs and wages", "Every family at work tonight wants the same thing."),
    ("prices", "the cost of living", "A dollar has to buy tomorrow what it bought last year."),
    ("taxes", "tax reform", "Our tax laws should be simple enough to be trusted."),
    (
        "deficit",
        "the federal budget and the debt",
        "No household can spend more than it earns for long.",
    ),
    ("farms", "farmers and rural towns", "The land has been good to this country."),
    ("schools", "public schools and teachers", "A child in a poor county deserves a good teacher."),
    ("college", "the price of college", "Study after high school is no longer a luxury."),
    ("doctors", "health insurance and hospitals", "Illness should not ruin a family."),
    ("elderly", "pensions and the elderly", "Those who built this country have earned their rest."),
    ("energy", "energy and oil", "We buy too much of our fuel from abroad."),
    ("water", "clean water and clean air", "Rivers do not stop at the borders of a state."),
    ("parks", "forests and national parks", "We hold the wild places in trust."),
    ("climate", "a changing climate", "The weather of our children is being made now."),
    ("roads", "roads, bridges and railways", "A bridge that is closed is a town cut off."),
    ("cities", "the great cities", "Most of us now live in cities."),
    ("housing", "homes that people can afford", "A roof is where a family begins."),
    ("crime", "crime and safe streets", "People should walk home without fear."),
    ("courts", "judges and equal justice", "The law must weigh the poor and the rich alike."),
    ("rights", "civil rights and the vote", "A right that cannot be used is only a promise."),
    ("women", "equal pay for women", "Equal work is still not equally paid."),
    ("border", "immigration", "Nearly all of us come from somewhere else."),
    ("trade", "trade with other nations", "Our goods must be able to cross the seas."),
    ("allies", "alliances in Europe and Asia", "We do not stand alone in the world."),
    ("arms", "the control of nuclear weapons", "There are weapons that no one may ever use."),
    ("defense", "the armed forces", "Strength is the guard of peace."),
    ("war", "a war abroad and how to end it", "Our soldiers are far from home this winter."),
    ("peace", "a lasting peace", "Peace is more than the silence of guns."),
    ("veterans", "veterans and their families", "We owe those who served more than thanks."),
    ("aid", "help for poor countries", "Hunger abroad is not far away from us."),
    ("terror", "terrorism", "The enemies of freedom want us to be afraid."),
    ("science", "science and research", "Discovery has always paid for itself."),
    ("space", "the exploration of space", "We are a people who look up."),
    ("computers", "computers and new industries", "Whole trades have been born in our lifetime."),
    ("business", "small business", "Most new jobs begin in a small shop."),
    ("unions", "workers and employers", "Labor and management need each other."),
    ("steel", "factories and steel towns", "A factory is more than its machines."),
    ("banks", "banks and savings", "People must be able to trust a bank with their savings."),
    ("waste", "waste in government", "Government must first put its own house in order."),
    ("reform", "reform of Congress and elections", "Citizens are losing trust in this chamber."),
    ("states", "the states and local government", "Not all wisdom lives in the capital."),
    ("poverty", "poverty and hunger", "There are hungry children in the richest of nations."),
    ("welfare", "welfare and work", "Help should be a bridge and not a trap."),
    ("drugs", "drug addiction", "Addiction has come to every county."),
    ("family", "parents and children", "Nothing we do here replaces a parent."),
    ("young", "young people and service", "The young ask to be given something worth doing."),
    (
        "storm",
        "a flood and the recovery from it",
        "The water has gone back, but the work has not ended.",
    ),
    (
        "state",
        "the state of the Union as a whole",
        "I have come to tell you how the country stands.",
    ),
    (
        "spirit",
        "the spirit of the American people",
        "I have met the strength of this nation on its roads.",
    ),
    ("unity", "working together across party lines", "No party has all of the answers."),
    (
        "citizen",
        "one ordinary citizen who did something brave",
        "Sitting in the gallery tonight is a nurse.",
    ),
)

TONES = (
    "sober and plain",
    "hopeful",
    "urgent",
    "warm and personal",
    "dry and full of detail",
    "proud",
    "stern",
    "conversational",
    "solemn",
    "confident",
)

SYSTEMS = (
    "You write speeches for the President of the United States.",
    "You are a careful writer of English prose.",
    "You are the President of the United States speaking to Congress.",
    "You answer with the text that was asked for and nothing else.",
)

# A quarter of the chat prompts has no lead; one of the others is the topic's opening sentence.
LEADS = (
    "",
    "",
    "{opening}",
    "Members of the Congress, {lower}",
    "Tonight I want to speak to you about {topic}.",
    "Let me turn now to {topic}.",
    "My fellow Americans, we have work to do on {topic}.",
    "This year I will send the Congress a message on {topic}.",
)

# Fields: year, topic, tone, words, opening. A style without a system is continued as plain text.
STYLES: dict[str, tuple[bool, str]] = {
    "address": (
        True,
        "It is {year}. Write one paragraph of the President's annual address to Congress "
        "about {topic}. Tone: {tone}. About {words} words.",
    ),
    "first-person": (
        True,
        "As President in {year}, tell Congress in your own voice what you have done and what you "
        "ask for about {topic}. One paragraph, {tone}, no greeting, no title.",
    ),
    "continue": (
        True,
        "Here is the first sentence of a paragraph from a speech to Congress in {year}: "
        '"{opening}" Write the rest of the paragraph. Be {tone}. Do not repeat the sentence.',
    ),
    "notes": (
        True,
        "Turn these notes into one spoken paragraph of about {words} words.\n"
        "- speaker: the President, before Congress, January {year}\n"
        "- subject: {topic}\n- mention one figure and one place\n- {tone}\n"
        "- end with what Congress should do",
    ),
    "plain": (
        True,
        "Say the following at greater length in simple words, as a president in {year} would: "
        '"{opening} I ask Congress to act on {topic}." One paragraph, {tone}.',
    ),
    "story": (
        True,
        "Write a paragraph of a State of the Union speech of {year} which tells of one person or "
        "one town and what it shows about {topic}. {words} words, {tone}.",
    ),
    "transcript": (
        False,
        "Address of the President to a joint session of Congress, January {year}. Transcript.\n\n"
        "On {topic}.\n\n{opening}",
    ),
    "bare": (
        False,
        "Mr. Speaker, members of the Congress, my fellow Americans: I have come here tonight to "
        "speak to you about {topic}.\n\n{opening}",
    ),
}


def draw(rng: np.random.Generator, *, words: int) -> Prompt:
    """One prompt at random, asking for about `words` words where its style names a length."""
    style = str(rng.choice(list(STYLES)))
    chat, template = STYLES[style]
    key, topic, opening = TOPICS[int(rng.integers(len(TOPICS)))]
    system, lead = int(rng.integers(len(SYSTEMS))), int(rng.integers(len(LEADS)))
    fields = {
        "topic": topic,
        "opening": opening,
        "lower": opening[0].lower() + opening[1:],
        "year": int(rng.integers(1947, 2021)),
        "tone": str(rng.choice(TONES)),
        "words": round(words, -1),
    }
    name = f"{style}/{key}/{fields['year']}"
    text = template.format(**fields)
    if not chat:
        return Prompt(name, None, text, "")
    return Prompt(f"{name}/s{system}l{lead}", SYSTEMS[system], text, LEADS[lead].format(**fields))
