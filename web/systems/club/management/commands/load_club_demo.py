"""`load_club_demo`: a club that gives every job something to do."""

from pathlib import Path

from postroom.web.systems.club.models import Member
from postroom.web.systems.demo_data import LoadDemoCommand


class Command(LoadDemoCommand):
    """The same rows as `loaddata club_demo`, dated around today."""

    help = "Fill an empty club with demo data dated around today."
    fixture = Path(__file__).parents[2] / "fixtures" / "club_demo.json"
    first_model = Member
