"""Hyperparameter search: grids as data, and the choice by development scores."""
