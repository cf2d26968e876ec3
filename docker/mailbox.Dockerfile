# The mail catcher, for testing: it keeps all e-mails in memory and delivers none.
# Build from the top of the checkout: docker build -f docker/mailbox.Dockerfile .
FROM python:3.11.15-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /app

# The last stage copies its result from here; the rest is discarded.
FROM base AS build
COPY requirements/mailbox.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip \
    python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --require-hashes -r requirements/mailbox.txt
COPY docker/probe.py docker/
COPY dev/__init__.py dev/mailbox.py dev/mailbox_page.py dev/mailbox_smtp.py dev/
# Compiled here, because the container is read-only; readable whatever the checkout's umask was.
RUN /venv/bin/python -m compileall -q --invalidation-mode unchecked-hash . \
    && chmod -R a+rX,go-w .

FROM base
RUN groupadd --gid 10001 postroom \
    && useradd --no-log-init --uid 10001 --gid 10001 --no-create-home --home-dir /app \
        --shell /usr/sbin/nologin postroom
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH
USER 10001:10001
EXPOSE 1025 8025
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s \
    CMD ["python", "docker/probe.py", "8025", "/"]
CMD ["python", "-m", "dev.mailbox", "--host=0.0.0.0", "--port=1025", "--http-port=8025"]
