"""What the memory bench folds is what the log holds, and all of it is taken."""

from load.bench.memory import BEGIN, CENTRE_FILE, Books
from load.bench.traffic import Traffic
from streams.centre_file import load_centre
from streams.events.codec import decode_parcel
from streams.topics import CONTACTS, partition_of

MINUTES = 30


def test_traffic_is_the_same_for_a_seed_and_every_event_can_be_read_where_it_belongs() -> None:
    slots = list(Traffic(BEGIN, 40_000).slots(6 * MINUTES))
    assert slots == list(Traffic(BEGIN, 40_000).slots(6 * MINUTES))
    assert slots != list(Traffic(BEGIN, 40_000, seed=2).slots(6 * MINUTES))
    for _, parcels in slots:
        for parcel in parcels:
            events, refused = decode_parcel(parcel.value)
            assert (len(events), refused) == (parcel.events, [])
            assert {partition_of(event.partitionkey or "", CONTACTS) for event in events} == {
                parcel.partition
            }


def test_the_books_take_every_contact_of_the_traffic_once() -> None:
    books, traffic = Books(load_centre(CENTRE_FILE)), Traffic(BEGIN, 40_000)
    for now, parcels in traffic.slots(6 * MINUTES):
        for parcel in parcels:
            books.take(parcel.partition, parcel.value)
        books.pass_time(now)
    assert books.too_late == 0
    days = [book.counts() for book in books.books]
    counted = sum(
        row.contacts for day in days for queues in day.values() for row in queues.values()
    )
    # A report in a hundred is a minute late: the last contacts' first words may not be in yet.
    assert traffic.contacts - 10 <= counted <= traffic.contacts
    assert len(books) == counted
