# The mail catcher, for trying things out: it keeps all mail in memory and delivers none.
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements/dev.txt requirements/
# One package of all those, in its locked version.
RUN sed '/--hash/d; s/ \\$//' requirements/dev.txt >constraints.txt \
    && pip install --no-cache-dir --constraint constraints.txt aiosmtpd

COPY dev/__init__.py dev/mailbox.py dev/mailbox_page.py dev/mailbox_smtp.py dev/
COPY docker/mailbox.py docker/

RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin postroom
USER postroom
EXPOSE 1025 8025
CMD ["python", "docker/mailbox.py"]
