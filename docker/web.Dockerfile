# The web service, and with other commands the relay and every `manage.py` command.
# Build from the top of the checkout: docker build -f docker/web.Dockerfile .
FROM python:3.11-slim-bookworm

ENV PYTHONUNBUFFERED=1
WORKDIR /app
COPY requirements/web.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/web.txt

COPY manage.py ./
COPY shared/ shared/
COPY migrations/ migrations/
COPY web/ web/
# Needs settings, but no database: these values stay in this step.
RUN SECRET_KEY=build DATABASE_URL=postgresql://build@127.0.0.1/build \
    python manage.py collectstatic --noinput

RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin postroom
USER postroom
EXPOSE 8000
# gunicorn's heartbeat file belongs into memory: on a slow disk it would block its workers.
CMD ["gunicorn", "--bind=0.0.0.0:8000", "--workers=2", "--worker-tmp-dir=/dev/shm", \
     "--no-control-socket", "web.wsgi"]
