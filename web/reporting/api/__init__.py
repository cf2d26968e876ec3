"""The REST API of report schedules: endpoints, permissions, serializers; no rules of its own."""
