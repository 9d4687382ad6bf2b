"""Quality control of readings, after QARTOD: one small file per test, pure functions of readings.

Every number comes from `sensors/qc/tables/<kind>.yaml` or from a sensor's `quality:` block in the
site file. `alerting.screen` runs the tests in event time; `alerting.company` runs those that
compare sensors.
"""
