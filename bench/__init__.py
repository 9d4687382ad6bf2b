"""Measures the program on this machine: throughput, alert latency, memory, look-ups, rules.

`python -m bench` runs everything once, prints a table and writes `bench/results.json`. The measured
program is the real one with default settings, on a real mosquitto and a real InfluxDB.
"""
