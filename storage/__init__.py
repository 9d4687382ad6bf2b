"""The only code that knows a database: log, InfluxDB, embedded store, journal."""
