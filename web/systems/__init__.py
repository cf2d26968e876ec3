"""Systems built on the engine: one folder each, a complete Django app.

Here: what an organisation needs, such as its records, pages, jobs and e-mails. Not here: sending
e-mail, locks, schedules or anything that two systems share; that is the engine's. A system imports
public names of the engine, never another system and never the site (import contracts in
pyproject.toml).

A new system takes these steps; `agreements` is a small example:

1. A folder with `apps.py` (label `postroom_<name>`), `models.py`, `admin.py`, and a package
   `migrations` that points to `migrations/<name>/`, where `makemigrations` writes.
2. Its templates of e-mails in `postroom_templates/<name>/`; the engine finds that folder.
3. What it needs of the engine: `jobs.py` registers its jobs and `management/commands/` holds them,
   `notices.py` declares its notices, `reports.py` registers its report types. Django loads the
   three by name.
4. Its name in INSTALLED_APPS and, if it has pages, its routes in `urls.py`: both in `web/site`. Its
   module in the contract "No system knows another" of pyproject.toml.
5. After a new job `python manage.py render_schedules`. Its tests in `tests/systems/<name>/`.
"""
