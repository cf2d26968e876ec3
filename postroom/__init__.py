"""Postroom: gets notification e-mail out of a Django site and never loses one."""
