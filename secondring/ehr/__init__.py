"""EHRs in whose calendars patients book; one file for each way of speaking to them."""
