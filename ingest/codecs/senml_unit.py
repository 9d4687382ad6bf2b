"""SenML's unit symbols (RFC 8428 section 12.1, RFC 8798) in the symbols of `sensors.units`.

Only units that some quantity here can take; any other is refused with the list of these.
"""

UNITS: dict[str, str] = {
    "m": "m",
    "kg": "kg",
    "K": "K",
    "Cel": "degC",
    "rad": "rad",
    "N": "N",
    "Pa": "Pa",
    "V": "V",
    "m/s": "m/s",
    "m3/s": "m3/s",
    "l/s": "l/s",
    "/": "ratio",
    "%": "%",
    "%RH": "%",
    "%EL": "%",
    "count": "count",
    "mm": "mm",
    "cm": "cm",
    "mV": "mV",
    "hPa": "hPa",
    "km/h": "km/h",
    "mm/h": "mm/h",
    "m/h": "m/h",
    "deg": "deg",
}
