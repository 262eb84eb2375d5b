"""What the audit log must say of a load: exactly one record of each change that was acknowledged or is there all the
same, none of the others. Read by SQL from audit.events.
"""
import collections
import threading


class AuditTrail:
    """Changes by (protocol, operation, resource): those that must have a record, and those of which nobody knows."""

    def __init__(self):
        self.lock = threading.Lock()
        self.sure, self.perhaps = collections.Counter(), collections.Counter()

    def happened(self, protocol, operation, resource, times=1):
        with self.lock:
            self.sure[protocol, operation, resource] += times

    def may_have_happened(self, protocol, operation, resource, times=1):
        with self.lock:
            self.perhaps[protocol, operation, resource] += times

    def verify(self, connection, resources, failures):
        """`resources`: LIKE patterns of those that only this load changes. From now on the log is as it is."""
        found = collections.Counter()
        places = " or ".join(f"resource like '{pattern}'" for pattern in resources)
        for protocol, operation, resource, times in connection.query(
                "select protocol, operation, resource, count(*) from audit.events"
                f" where class <> 'read' and decision = 'allow' and status = 'ok' and ({places}) group by 1, 2, 3"):
            found[protocol, operation, resource] = int(times)
        for what in sorted(set(found) | set(self.sure)):
            least = self.sure[what]
            if not least <= found[what] <= least + self.perhaps[what]:
                failures.append(f"audit: {found[what]} records of {what}, {least} changes and {self.perhaps[what]} unknown")
        self.sure, self.perhaps = found, collections.Counter()
        return sum(found.values())
