"""What is said into a call, as TwiML?

The menu is read twice and only a pressed key answers: a voicemail presses none, so it never takes a
seat. What was answered is said back before the call ends.
"""

from typing import Final
from xml.etree import ElementTree as ET

from services.callout.answering.words import hours_of, language_of, say
from services.callout.answers import Offered

VOICES: Final = {"ko": "ko-KR", "en": "en-GB"}
TIMES_READ: Final = 2
WAIT_SECONDS: Final = 6


def menu(offered: Offered, pressed_url: str) -> str:
    """What is needed, and which key says what."""
    language = language_of(offered.language)
    parts = []
    if offered.drill:
        parts.append(say("menu_drill", language))
    parts.append(say("menu", language, hours=hours_of(offered, language)))
    if offered.code:
        parts.append(say("menu_code", language, code=" ".join(offered.code)))
    response = ET.Element("Response")
    gather = ET.SubElement(
        response,
        "Gather",
        numDigits="1",
        action=pressed_url,
        method="POST",
        timeout=str(WAIT_SECONDS),
    )
    for _ in range(TIMES_READ):
        _say(gather, " ".join(parts), language)
        ET.SubElement(gather, "Pause", length="1")
    _say(response, say("menu_end", language), language)
    ET.SubElement(response, "Hangup")
    return _text(response)


def again(menu_url: str) -> str:
    """A key that means nothing: the menu once more."""
    response = ET.Element("Response")
    redirect = ET.SubElement(response, "Redirect", method="POST")
    redirect.text = menu_url
    return _text(response)


def goodbye(text: str, language: str) -> str:
    """Say something and end the call."""
    response = ET.Element("Response")
    _say(response, text, language)
    ET.SubElement(response, "Hangup")
    return _text(response)


def message(text: str) -> str:
    """An answer to a text message; an empty one sends nothing."""
    response = ET.Element("Response")
    if text:
        ET.SubElement(response, "Message").text = text
    return _text(response)


def _say(parent: ET.Element, text: str, language: str) -> None:
    ET.SubElement(parent, "Say", language=VOICES[language]).text = text


def _text(element: ET.Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + ET.tostring(element, encoding="unicode")
