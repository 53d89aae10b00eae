"""Tiny random checkpoints: the real classes and the real files, a few hundred kilobytes each, made offline.

They prove that loading, arguments, seeds and files are right, and say nothing about quality.
"""
