"""A mark of a contact outlives the contact, and not for ever."""

from streams.domain.contacts.marks import Marks


def test_marks_are_known_whether_they_wait_or_are_sorted_in() -> None:
    marks = Marks()
    names = [f"c{number}" for number in range(5000)]
    for name in names:
        marks.add(name)
    assert all(name in marks for name in names)
    assert not any(f"d{number}" in marks for number in range(5000))


def test_a_mark_is_forgotten_with_its_generation() -> None:
    marks = Marks()
    marks.add("c1")
    for _ in range(3):
        marks.turn()
        assert "c1" in marks
    marks.turn()
    assert "c1" not in marks
