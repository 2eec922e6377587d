"""What every benchmark driver shares: running contenders, machine facts, tables."""
