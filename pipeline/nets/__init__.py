"""The feed-forward net, the surfaces it runs on, the VGG features it is trained by."""
