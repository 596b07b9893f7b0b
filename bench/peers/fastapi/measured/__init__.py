"""The items of the product over the same parts as app/, for `bench contestants`: what is measured, not what is counted."""
