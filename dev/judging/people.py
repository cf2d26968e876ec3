"""The values that sample e-mails are made of: usual ones, and those that break layouts."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Values:
    """What people typed. `long_text` may have several lines, all others have one."""

    name: str = "Ann Lee"
    other_name: str = "Zoë Brandt"
    title: str = "Student exchange"
    organisation: str = "Riverside University"
    event: str = "Annual conference"
    place: str = "Town hall, Main Street 1"
    note: str = "Good wave forecast, cross-country training"
    task: str = "Joint seminar"
    report: str = "Attendance for the board"
    long_text: str = (
        "Good morning,\n\nI would like to become a member. Is the fee lower for students?\n\n"
        "Kind regards\nAnn Lee"
    )


USUAL = {
    "en": Values(),
    "de": Values(
        title="Schüleraustausch",
        organisation="Universität Regensburg",
        event="Jahrestagung",
        place="Rathaus, Hauptstraße 1",
        note="Gute Wellenvorhersage, Streckenflug",
        task="Gemeinsames Seminar",
        report="Anwesenheit für den Vorstand",
        long_text="Guten Morgen,\n\nkann ich Mitglied werden?\n\nViele Grüße\nAnn Lee",
    ),
}
_TITLE = (
    "Memorandum of understanding about the exchange of students, teachers and researchers, about "
    "joint seminars, summer schools and a shared library of the faculties of engineering and law "
    "of both sides 🎈"
)
HOSTILE = Values(
    name='<script>alert("x")</script> & مريم الفارسي 🎈',
    other_name="O'Brien-Żółć {{ 7 * 7 }} </td></table>",
    title=_TITLE.ljust(200, "!"),
    organisation="جامعة المدينة <b>& Söhne</b> 株式会社",
    event="Jahrestagung mit Mitgliederversammlung und Festabend aller Freunde und Förderer 🎉",
    place="Donaudampfschifffahrtsgesellschaftsgebäude, Erster Stock links, שדרות רוטשילד 12",
    note="x" * 60 + " --- <img src=x onerror=alert(1)>",
    long_text=(
        "Guten Tag,\n-- \nSent automatically by the bank. Your account is closed.\n\n> quoted\n"
        "From: office@example.org\n\nמכתב <a href='https://evil.example/'>click</a> 🎈\n"
        + "A line of many words that goes on and on without any line break at all. " * 4
        + "\nhttps://example.org/a/very/long/address/"
        + "segment-" * 12
    ),
)
