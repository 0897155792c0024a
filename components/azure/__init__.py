"""What the stack makes in Azure. The SDK is large: whoever needs none of this does not import it."""
