"""From reports to delivered notices: rules, detectors, alerts, outbox, channels."""
