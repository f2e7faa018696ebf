"""Rows of one influencer in one sheet: they have to agree, and a refused one leaves nothing for the others to write."""

from app.influencers.models import Account, Influencer
from tests.influencers.workbook.conftest import HEADERS, Book, Upload
from tests.influencers.workbook.uploads import applied, counts


def test_rows_of_one_influencer_have_to_agree(upload: Upload, book: Book) -> None:
    rows = [
        [*HEADERS, "About the influencer"],
        ["YouTube", "@abc", "Bob", "tall"],
        ["Instagram", "abc", "Bob", "small"],
    ]

    done = upload(book(rows))
    assert done.problems == [["D3", "row 2 says something else of the same influencer"]]


def test_a_refused_row_leaves_no_name_for_another_row_to_write(
    ada: Account, upload: Upload, book: Book
) -> None:
    rows = [
        ["Influencer ID", *HEADERS, "Telephone number", "Address", "About the influencer"],
        [ada.influencer_id, "Instagram", "ada.r", "Ada King", "+12025550143", "no address", "Met in June"],
        [None, "YouTube", "@ada", "Ada Lovelace", "+12025550143", None, "Met in July"],
    ]

    assert counts(applied(upload(book(rows)))) == (0, 1, 0, 1)
    person = Influencer.objects.get()
    assert (person.name, person.notes) == ("Ada Lovelace", "Met in July")


def test_a_refused_row_leaves_no_number_for_another_row_to_take(upload: Upload, book: Book) -> None:
    rows = [
        [*HEADERS, "Telephone number", "Address"],
        ["YouTube", "@bob", "Bob", "+12025550143", "no address"],
        ["Instagram", "bob", "Bob", None, None],
    ]

    assert counts(applied(upload(book(rows)))) == (1, 0, 0, 1)
    assert [(row.name, row.phone) for row in Influencer.objects.all()] == [("Bob", "")]


def test_a_refused_row_leaves_an_account_as_it_was(ada: Account, upload: Upload, book: Book) -> None:
    rows = [
        ["Account ID", *HEADERS, "Telephone number", "Tags", "Status", "E-mail"],
        [ada.pk, "YouTube", "@ada2", "Ada Lovelace", "+12025550143", "x" * 41, "Paused", "a@example.org"],
        [None, "YouTube", "@ada", "Ada Lovelace", "+12025550143", "sea", None, "b@example.org"],
    ]

    assert counts(applied(upload(book(rows)))) == (0, 1, 0, 1)
    ada.refresh_from_db()
    assert (ada.handle, ada.status, ada.email) == ("ada", "active", "b@example.org")


def test_rows_of_one_identifier_have_to_agree_on_the_name(ada: Account, upload: Upload, book: Book) -> None:
    rows = [
        ["Influencer ID", *HEADERS, "Telephone number"],
        [ada.influencer_id, "YouTube", "@ada", "Ada King", "+12025550143"],
        [ada.influencer_id, "Instagram", "ada.r", "Ada Byron", "+12025550143"],
    ]

    done = applied(upload(book(rows)))
    assert done.problems == [["D3", "row 2 says something else of the same influencer"]]
    assert Influencer.objects.get().name == "Ada King"
