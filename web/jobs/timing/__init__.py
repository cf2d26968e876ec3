"""When a job is due, and which day it is for."""
