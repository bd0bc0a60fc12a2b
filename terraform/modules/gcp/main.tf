# A JupyterHub cluster on Google Cloud. Each file is one part of it: labels.tf, services.tf, network.tf, cluster.tf, pools.tf,
# storage.tf, registries.tf, identities.tf, billing.tf, budget.tf.
