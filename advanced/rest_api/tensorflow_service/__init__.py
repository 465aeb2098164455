"""The service in TensorFlow: Flask on gunicorn, before TF Serving."""
