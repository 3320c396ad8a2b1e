#!/usr/bin/env python3
raise SystemExit("this is meant to fail")
