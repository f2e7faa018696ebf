"""What a rehearsed restore needs of MiniStack's RDS. Imported by the launcher, beside it: it can't import `ops`."""

import functools
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


def repair_restore(rds: Any) -> None:
    """An instance restored to a moment, which it does not know: another one like its source, of the settings that are said.

    It is there as soon as somebody has seen it in the making.
    """
    describe = rds._ACTION_MAP["DescribeDBInstances"]
    in_the_making: dict[str, dict[str, Any]] = {}

    @functools.wraps(describe)
    def describe_and_go_on(params: Any) -> Answer:
        answer: Answer = describe(params)
        for name in [name for name in in_the_making if f">{name}<".encode() in answer[2]]:
            in_the_making.pop(name)["DBInstanceStatus"] = "available"
        return answer

    def restore_to_point_in_time(params: Any) -> Answer:
        source, name = (
            rds._p(params, key) for key in ("SourceDBInstanceIdentifier", "TargetDBInstanceIdentifier")
        )
        if source not in rds._instances:
            answer: Answer = rds._error("DBInstanceNotFound", f"DBInstance {source} not found.", 404)
            return answer
        if name in rds._instances:
            refused: Answer = rds._error("DBInstanceAlreadyExists", "DB instance already exists", 400)
            return refused
        # As a replica is made, which is then nobody's.
        rds._create_read_replica(
            {**params, "SourceDBInstanceIdentifier": [source], "DBInstanceIdentifier": [name]}
        )
        original, made = rds._instances[source], rds._instances[name]
        original["ReadReplicaDBInstanceIdentifiers"].remove(name)
        made["ReadReplicaSourceDBInstanceIdentifier"] = ""
        made["Endpoint"] = {**original["Endpoint"], "Port": int(rds._p(params, "Port"))}
        made["DeletionProtection"] = rds._p(params, "DeletionProtection") == "true"
        made["DBInstanceStatus"] = "creating"
        in_the_making[name] = made
        done: Answer = rds._single_instance_response(
            "RestoreDBInstanceToPointInTimeResponse", "RestoreDBInstanceToPointInTimeResult", made
        )
        return done

    rds._ACTION_MAP["DescribeDBInstances"] = describe_and_go_on
    rds._ACTION_MAP["RestoreDBInstanceToPointInTime"] = restore_to_point_in_time
