"""First, follow-up and final report (首报、续报、终报) of an incident, made from the record.

`facts` are what people enter because no sensor knows it; `grade` and `deadline` come from rules;
`build` puts everything together; `text` writes it for people.
"""
