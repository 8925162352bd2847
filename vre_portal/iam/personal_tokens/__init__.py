"""Tokens that people make for their own programs: pages under /me/tokens/, and whose token a program shows at /api/."""
