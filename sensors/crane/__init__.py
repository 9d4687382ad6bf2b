"""What a tower crane is as a body: its load chart, and where its parts are."""
