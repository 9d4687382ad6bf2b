"""Orders to responders: sent, accepted, on scene, done; what each is, when it is late, and proof.

`step` is the state machine, `deadline` says what is late, `book` holds what is open, `assess`
counts.
"""
