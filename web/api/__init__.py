"""What all REST endpoints share: tokens, paging, limits, and their OpenAPI description.

Endpoints do not live here but with their app; nothing here imports a system built on the engine.
"""
