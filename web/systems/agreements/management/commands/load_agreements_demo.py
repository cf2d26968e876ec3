"""`load_agreements_demo`: agreements that give every job something to do."""

from pathlib import Path

from postroom.web.systems.agreements.models import MOU
from postroom.web.systems.demo_data import LoadDemoCommand


class Command(LoadDemoCommand):
    """The same rows as `loaddata agreements_demo`, dated around today."""

    help = "Fill an empty table of agreements with demo data dated around today."
    fixture = Path(__file__).parents[2] / "fixtures" / "agreements_demo.json"
    first_model = MOU
