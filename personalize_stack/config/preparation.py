"""What prepares the data, how much of it a cluster may take, and where the rows go."""

from typing import Literal

from pydantic import Field

from personalize_stack.config.values import Declared, S3Uri

JOB_OUTPUT, BUCKET_OUTPUT = "JobName", "BucketName"  # of the stack with the job


class Preparation(Declared):
    """What runs the preparation's rules."""

    engine: Literal["duckdb", "spark"] = Field(
        "duckdb",
        description="duckdb, on the machine of the command, or spark, for more than that machine can hold: an AWS Glue "
        "job with `personalize prep --remote`. What comes out is the same. Default: duckdb.",
    )
    workers: int = Field(5, ge=2, le=299, description="How many machines it takes, one of them to lead. Default: 5.")
    worker_type: Literal["G.1X", "G.2X", "G.4X", "G.8X"] = Field(
        "G.1X", description="How large each is: 4, 8, 16 or 32 cores with 16, 32, 64 or 128 GB. Default: G.1X."
    )
    max_hours: int = Field(4, ge=1, le=48, description="How long the job may take, in hours. Default: 4.")
    out: S3Uri | None = Field(
        None,
        description="The folder in S3 for the prepared files; what is about them, and not the rows, is in the folder "
        "`prepared` too. Default: all is there, and a deploy brings it to S3.",
    )
