"""HJ 212-2017, the protocol of pollution monitoring that dust, noise and water stations speak.

`frame` cuts a stream into packets and reads their fields, `reader` makes samples of them, `reply`
writes what the platform answers.
"""
