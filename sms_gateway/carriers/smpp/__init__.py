"""SMPP 3.4: the protocol that telephone companies' own message centres (SMSCs) speak."""
