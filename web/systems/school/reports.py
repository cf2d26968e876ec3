"""The school's three report types."""

from postroom.web.reporting.registry import register
from postroom.web.systems.school import analytics
from postroom.web.systems.school.builders import REPORTS

register(*map(analytics.cached, REPORTS))
