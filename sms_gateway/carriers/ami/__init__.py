"""Carriers behind an Asterisk manager interface: boxes with SIM cards, and the PBX's own SIP trunk."""
