"""A lint of Bicep templates without a compiler: symbols, resource types, modules, parameters, roles.

It is a development tool and no compiler: `az bicep build` finds more (see tests/infra/seeded/missed.py).
"""
