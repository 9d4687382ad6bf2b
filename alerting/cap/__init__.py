"""The Common Alerting Protocol 1.2: our alerts as its messages, and the messages of officials.

`message` decides what our alerts say in it, `write` makes the XML, `sign` signs it, `feed` lists
it; `read` takes foreign messages apart, `official` says what they are to us. `gbt35965` adapts
the identifiers and colours of GB/T 35965, which is a relative of CAP and not the same.
"""
