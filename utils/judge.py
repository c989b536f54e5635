"""Judge saved text without a device: judge(id, stdout, stderr, exit_status) -> Result. The pinned face."""

from utils.judging.judge import judge

__all__ = ["judge"]
