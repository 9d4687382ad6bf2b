"""Whether, when and in what company people are told of an alert: one small file per stage."""
