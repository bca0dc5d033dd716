"""Compares RTP relays with each other: starts each anew for every measurement and lets rtp_load measure it."""
