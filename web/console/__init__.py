"""The admin's home: whether mail flows, who carries it, what comes next."""
