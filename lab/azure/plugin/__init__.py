"""A stand-in for Pulumi's provider plugin `azure-native`, for machines that have none: resources into ARM calls."""
