"""SL 651-2014, the protocol of hydrological telemetry stations, in its HEX/BCD form.

`frame` cuts a stream into frames, `body` reads what they carry (`bcd` numbers and times, `elements`
the table, `element` one, `run` many), `reply` writes what the centre answers.
"""
