"""The virtual sensors of a district, each with its inputs and its function; `table` lists them."""
